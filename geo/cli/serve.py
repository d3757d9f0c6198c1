"""The command that shows what was published: serve."""

import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from geo.cli.options import InLang, spoken
from geo.cli.steps import steps
from geo.cli.terminal import print_words
from geo.serving import PORT, preview
from geo.text import Words
from geo.webmap.basemaps import KEY_VARIABLE, key_of_environment


def serve(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder that build wrote, such as maps/x.")
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; the next free one where it is taken.")
    ] = PORT,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    lang: InLang = None,
) -> None:
    """Preview a published folder on this machine. 在本机预览.

    landready serve maps/qingxi --open

    Answers this machine only, until Ctrl-C. A key of Tianditu in
    LANDREADY_TIANDITU_KEY reaches the page as it is served; it is in no file.
    """
    language = spoken(lang)
    with (
        steps(language, quiet=True, reads=False),
        preview(folder, port=port, key=key_of_environment()) as address,
    ):
        taken = port not in (0, int(address.rstrip("/").rsplit(":", 1)[1]))
        if taken:
            words = Words(f"端口 {port} 已占用，改用下一个", f"port {port} is taken: the next one")
            print_words(words, language, style="yellow")
        if key_of_environment():
            words = Words(f"天地图密钥取自 {KEY_VARIABLE}", f"Tianditu's key is in {KEY_VARIABLE}")
            print_words(words, language)
        print_words(Words(f"{address}  按 Ctrl-C 结束", f"{address}  Ctrl-C ends it"), language)
        if show:
            webbrowser.open(address)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print_words(Words("已结束", "ended"), language)
