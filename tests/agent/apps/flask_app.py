"""A Flask application."""

import time

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "hello"


@app.get("/sleep")
def sleep():
    time.sleep(0.02)
    return "slept"


@app.get("/stream")
def stream():
    return (part for part in ("a", "b", "c"))
