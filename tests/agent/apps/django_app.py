"""A Django project in one module: a WSGI and an ASGI application, with sync and async views."""

import asyncio
import time

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", DEBUG=False, MIDDLEWARE=[], INSTALLED_APPS=[],
    WSGI_APPLICATION="django_app.application",
)  # fmt: skip


def hello(request):
    return HttpResponse(b"hello")


def sync(request):
    time.sleep(0.02)
    return HttpResponse(b"sync view")


async def awaits(request):
    await asyncio.sleep(0.02)
    return HttpResponse(b"async view")


def streamed(request):
    return StreamingHttpResponse(iter([b"a", b"b", b"c"]))


urlpatterns = [path("", hello), path("sync", sync), path("async", awaits), path("stream", streamed)]
application = get_wsgi_application()
asgi = get_asgi_application()
