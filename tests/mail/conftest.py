from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel


@pytest.fixture
def app_texts() -> Iterator[None]:
    """Messages can be read as text: the smallest application that has a language."""
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield
