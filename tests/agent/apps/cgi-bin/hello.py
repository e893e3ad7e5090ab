#!/usr/bin/env python3
"""A CGI script as they were always written."""

import sys
import time

time.sleep(0.002)
sys.stdout.write("Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n")
sys.stdout.write("hello")
