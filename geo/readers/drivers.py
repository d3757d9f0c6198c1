"""Which of GDAL's drivers may open a file: an allow-list, told to GDAL as what to skip.

GDAL chooses a driver by content, so that a ``.geojson`` may be a virtual dataset that names any
other file or address. GDAL can only be told which drivers to leave out, so the list of the others
is kept here, and the reading process is started anew when its GDAL turns out to have more.
"""

from collections.abc import Iterable
from typing import Final

ALLOWED: Final = frozenset(
    {"ESRI Shapefile", "GPKG", "GeoJSON", "GeoJSONSeq", "MEM", "OpenFileGDB", "TopoJSON"}
)
"""Drivers that read what offices send and follow no reference; GDAL itself leans on MEM."""

KNOWN: Final = frozenset(
    """ADBC,AIVector,ARCGEN,AVCBin,AVCE00,AmigoCloud,Arrow,BAG,CAD,CSV,CSW,Carto,Cloudant,CouchDB,
    DGN,DXF,EDIGEO,EEDA,ESRIJSON,Elasticsearch,FITS,FileGDB,FlatGeobuf,GDALG,GML,GMLAS,GPSBabel,GPX,
    GTFS,GeoRSS,Geoconcept,HANA,HDF5,HTTP,IDB,INGRES,Idrisi,Interlis 1,Interlis 2,JML,JP2OpenJPEG,
    JSONFG,KML,LIBKML,LVBAG,MBTiles,MLT,MSSQLSpatial,MVT,MapInfo File,MapML,MiraMonVector,
    MongoDBv3,MySQL,NAS,NGW,NetCDF,OAPIF,OCI,ODBC,ODS,OGCAPI,OGDI,OGR_GMT,OGR_PDS,OGR_VRT,OSM,
    PCIDSK,PDF,PDS4,PGDUMP,PGeo,PLSCENES,PMTiles,Parquet,PostgreSQL,S57,SOSI,SQLite,SVG,SXF,Selafin,
    TIGER,UK .NTF,VDV,VFK,VICAR,WAsP,WFS,Walk,XLS,XLSX,XODR,netCDF""".replace("\n", "")
    .replace("    ", "")
    .split(",")
)
"""Drivers of GDAL 3 that are not needed, or that lead elsewhere."""


def refused_drivers(present: Iterable[str]) -> frozenset[str]:
    """The drivers to skip: the known ones, or of those ``present`` the ones not allowed."""
    names = frozenset(present)
    return names - ALLOWED if names else KNOWN
