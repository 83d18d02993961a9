"""How long from the demo's command to its first page, and until its agency is filled; then once more.

python -m bench.demo_start
"""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from portal.demo.supervisor import free_port

HOST = "127.0.0.1"


def start(folder: Path, port: int) -> None:
    """Start the demo, print the seconds to its first page and until it is filled, and stop it."""
    command = [sys.executable, "-m", "portal.demo", "--port", str(port), "--folder", str(folder)]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for name, is_so in (("first page", lambda: answers(port)), ("filled", (folder / "filled").exists)):
            while not is_so():
                if process.poll() is not None:
                    raise SystemExit("the demo did not start; run `make demo` to see why")
                time.sleep(0.02)
            print(f"  {name:<12}{time.monotonic() - began:6.1f} s", flush=True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def answers(port: int) -> bool:
    """Tell whether the sign-in page is there."""
    try:
        with urlopen(f"http://{HOST}:{port}/sign-in") as page:
            return bool(page.status == 200)
    except (URLError, ConnectionError):
        return False


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        for name in ("first start", "second start"):
            print(name)
            start(Path(home) / "demo", free_port(HOST, 0))
