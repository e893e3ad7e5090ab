"""A CGI program: it says hello and ends."""

import sys

sys.stdout.write("Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n")
