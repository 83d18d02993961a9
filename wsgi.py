"""The portal, for a WSGI server and for ``flask``."""

import sys

from portal.app import create_app
from portal.config import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(str(error))
