"""The portal: ``asgi`` for the web server, ``app`` for ``flask``."""

import gc
import os
import sys

from portal.app import create_app
from portal.cli import without_settings
from portal.config import SettingsError
from portal.web.buffering import BufferedApp

try:
    app = create_app()
except SettingsError as error:
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
        sys.exit(str(error))
    # Some commands come before any settings: the one that makes a key for them, for example.
    app = without_settings(str(error))

asgi = BufferedApp(app)

# What is there now stays: looking through it for garbage again and again would cost every page a tenth.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
