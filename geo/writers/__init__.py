"""Writers: one module per family of output files; each writes what its reader reads back."""
