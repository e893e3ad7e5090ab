"""The capture begins while connections are open and answers under way, and ends while requests are."""

import threading
import time

from captures.making.making import making

with making(__file__) as sample:
    sample.gunicorn(8000, "--worker-class", "gthread", "--threads", "8")
    kept = [sample.client(8000) for _ in range(4)]
    for number, connection in enumerate(kept):
        connection.ask(f"/before/{number}")
    late = threading.Thread(target=kept[3].ask, args=("/wait/600?before",))
    late.start()
    time.sleep(0.1)
    last = [
        threading.Thread(target=connection.ask, args=(f"/wait/1500?{n}",))
        for n, connection in enumerate(kept)
    ]
    with sample.capturing(settle=0):
        for turn in range(3):
            for connection in kept[:3]:
                connection.ask(f"/item/{turn}")
        late.join()
        for thread in last:
            thread.start()
        time.sleep(0.5)
    for thread in last:
        thread.join()
    for connection in kept:
        connection.close()
    sample.keep("pcap.gz")
    exchanges = sample.exchanges(("gunicorn", 8000, "http1"))
    seen = [one for one in exchanges if "before" not in one.target]
    for one in seen:
        if "/wait/" in one.target:  # its answer came after the end of the capture
            one.status = one.response_body_bytes = None
    sample.write(seen, answers_to_requests_before_the_capture=1)
