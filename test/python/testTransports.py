"""Where events go, and a collector that answers, breaks and comes back."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
import unittest

from support import ScriptTest, of_kind, read_journal, wait_for
from xtrack.core.frames import FrameDecoder, encode_frame

THREE_POINTS = """
from xtrack import Tracker
with Tracker.start_run(run_id="r") as run:
    for step in range(3): run.log_metric("x", step, step=step)
"""


def decode(data):
    decoder = FrameDecoder()
    decoder.push(data)
    return [one.envelope for one in decoder.read()]


class Collector:
    """Answers hello, acknowledges what it stores; can break a connection."""

    def __init__(self, listener, mode, token=None):
        self.listener, self.mode, self.token = listener, mode, token
        self.hellos, self.stored, self.bells, self.beats = [], [], [], 0
        self.deaf_to = ()  # which hellos, counted from 1, it never hears: they are lost on their way
        self.silent_after = None  # how many events it takes before it breaks the connection
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def send(self, kind, payload, connection=None):
        (connection or self.connections[-1]).sendall(encode_frame({"v": 1, "t": kind, "m": {"seq": 0, "ts": 1}, "p": payload}))

    def _serve(self, connection):
        decoder = FrameDecoder()
        while True:
            try:
                data = connection.recv(65536)
            except OSError:
                return
            if not data:
                return
            decoder.push(data)
            for one in decoder.read():
                if not self._take(connection, one.envelope):
                    connection.close()
                    return

    def _take(self, connection, event):
        kind = event["t"]
        if kind == "hello":
            self.hellos.append(event["p"])
            if len(self.hellos) in self.deaf_to:
                return True
            if self.token is not None and event["p"].get("token") != self.token:
                return False
            after = self.stored[-1]["m"]["seq"] if self.stored else 0
            self.send("welcome", {"protocol": 1, "mode": self.mode, "after": after}, connection)
        elif kind == "grown":
            self.bells.append((time.monotonic(), event["p"]["offset"]))
        elif kind == "heartbeat":
            self.beats += 1
        else:
            if self.silent_after is not None and len(self.stored) >= self.silent_after:
                self.silent_after = None
                return False
            last = self.stored[-1]["m"]["seq"] if self.stored else 0
            if event["m"]["seq"] > last:
                self.stored.append(event)
            self.send("ack", {"seq": self.stored[-1]["m"]["seq"]}, connection)
        return True


class Transports(ScriptTest):
    def listen(self, mode, token=None, family=socket.AF_INET, address=("127.0.0.1", 0)):
        listener = socket.socket(family)
        listener.bind(address)
        listener.listen(5)
        self.addCleanup(listener.close)
        return Collector(listener, mode, token)

    def tcp(self, collector):
        return {"XTRACK_TRANSPORT": "tcp", "XTRACK_HOST": "127.0.0.1", "XTRACK_PORT": str(collector.listener.getsockname()[1])}

    def test_the_file_transport_appends(self):
        env = {"XTRACK_TRANSPORT": "file", "XTRACK_FILE": "events.bin"}
        for _ in range(2):
            self.run_script(THREE_POINTS, env=env)
        events = read_journal(os.path.join(self.work, "events.bin"))
        self.assertEqual([p["step"] for p in of_kind(events, "metric")], [0, 1, 2] * 2)
        self.assertEqual(self.journals(), [])

    def test_the_null_transport_records_nothing(self):
        out, err = self.run_script(THREE_POINTS, env={"XTRACK_TRANSPORT": "null"})
        self.assertEqual((out, err, os.listdir(self.work)), ("", "", ["script.py"]))

    def test_stdio_writes_to_stdout(self):
        process = self.start(self.write(THREE_POINTS), env={"XTRACK_TRANSPORT": "stdio"})
        out, _ = process.communicate(timeout=30)
        self.assertEqual([p["step"] for p in of_kind(decode(out), "metric")], [0, 1, 2])

    def test_stdio_prefers_descriptor_3(self):
        reader, writer = os.pipe()
        script = self.write(THREE_POINTS)
        saved = os.dup(3) if os.path.exists("/proc/self/fd/3") and writer != 3 and reader != 3 else None
        if reader == 3:
            reader = os.dup(reader)
        os.dup2(writer, 3, inheritable=True)
        process = self.start(script, env={"XTRACK_TRANSPORT": "stdio"}, pass_fds=(3,))
        if writer != 3:
            os.close(writer)
        os.close(3)
        if saved is not None:
            os.dup2(saved, 3)
            os.close(saved)
        out, _ = process.communicate(timeout=30)
        with os.fdopen(reader, "rb") as source:
            self.assertEqual([p["step"] for p in of_kind(decode(source.read()), "metric")], [0, 1, 2])
        self.assertEqual(out, b"")

    def test_stdio_never_waits_for_a_reader(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        script = """
            import time
            from xtrack import Tracker, StdioTransport
            run = Tracker.start_run(run_id="r", transport=StdioTransport(%d))
            began = time.monotonic()
            for step in range(5000): run.log_metric("x", step, step=step)
            assert time.monotonic() - began < 2
            assert run.stats["held"] > 1000, run.stats
            """ % writer
        process = self.start(self.write(script), pass_fds=(writer,))
        os.close(writer)
        _, err = process.communicate(timeout=30)
        self.assertEqual((process.returncode, err), (0, b""))

    def test_stream_over_tcp_and_the_file_stays(self):
        collector = self.listen("stream", token="secret")
        self.run_script(THREE_POINTS, env={**self.tcp(collector), "XTRACK_TOKEN": "secret"})
        self.assertEqual([p["step"] for p in of_kind(collector.stored, "metric")], [0, 1, 2])
        self.assertEqual(collector.stored[-1]["t"], "run_end")
        journal = self.events("r")
        self.assertEqual(collector.stored, journal[1:], "what arrives is what is in the file")
        hello = collector.hellos[0]
        self.assertEqual((hello["token"], hello["run_id"], hello["worker"], hello["protocol"]), ("secret", "r", "worker-0", 1))
        self.assertEqual((hello["writer"], hello["journal"]), (journal[0]["p"]["writer"], os.path.basename(self.journals("r")[0])))

    def test_stream_goes_on_after_the_connection_broke(self):
        collector = self.listen("stream")
        collector.silent_after = 400
        self.run_script(
            """
            import time
            from xtrack import Tracker
            with Tracker.start_run(run_id="r") as run:
                for step in range(1000):
                    run.log_metric("x", step, step=step)
                    if step % 100 == 0: time.sleep(0.1)
            """,
            env=self.tcp(collector),
        )
        self.assertGreaterEqual(len(collector.hellos), 2)
        self.assertEqual([p["step"] for p in of_kind(collector.stored, "metric")], list(range(1000)))
        self.assertEqual(collector.stored[-1]["t"], "run_end")

    def test_a_collector_that_welcomed_once_is_asked_again_when_a_hello_is_lost(self):
        for token in (None, "secret"):
            with self.subTest(token=token):
                collector = self.listen("stream", token)
                # Whether it was heard before, or is one of ours by its token.
                collector.deaf_to = (1,) if token else (2,)
                collector.silent_after = None if token else 50
                self.run_script(
                    """
                    import time, xtrack.transport.link
                    from xtrack import Tracker
                    xtrack.transport.link._SILENT_S = 1.5
                    with Tracker.start_run(run_id="r") as run:
                        for step in range(300):
                            run.log_metric("x", step, step=step)
                            time.sleep(0.01)
                    """,
                    env={**self.tcp(collector), **({"XTRACK_TOKEN": token} if token else {})},
                )
                self.assertEqual([p["step"] for p in of_kind(collector.stored, "metric")], list(range(300)))
                self.assertEqual(collector.stored[-1]["t"], "run_end")

    def test_no_collector_at_all_only_costs_a_warning(self):
        free = socket.socket()
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        began = time.monotonic()
        out, err = self.run_script(THREE_POINTS, env={"XTRACK_TRANSPORT": "tcp", "XTRACK_PORT": str(port)})
        self.assertEqual((out, err), ("", ""))
        self.assertLess(time.monotonic() - began, 8)
        self.assertEqual([p["step"] for p in of_kind(self.events("r"), "metric")], [0, 1, 2])

    def test_what_a_killed_script_left_is_sent_by_a_command(self):
        free = socket.create_server(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        script = """
            import os, signal
            from xtrack import Tracker
            run = Tracker.start_run(run_id="r")
            for step in range(500): run.log_metric("x", step, step=step)
            os.kill(os.getpid(), signal.SIGKILL)
            """
        env = {"XTRACK_TRANSPORT": "tcp", "XTRACK_HOST": "127.0.0.1", "XTRACK_PORT": str(port)}
        self.run_script(script, env=env, code=-9)

        def send(code, token="secret", **more):
            process = self.start(None, "send", module=("-m", "xtrack"), env={**env, "XTRACK_TOKEN": token, **more})
            out, err = process.communicate(timeout=30)
            self.assertEqual((process.returncode, err), (code, b""))
            return out.decode()

        self.assertIn("worker-0 of run r, to tcp 127.0.0.1 %d: not sent" % port, send(1))
        collector = self.listen("stream", token="secret", address=("127.0.0.1", port))
        self.assertIn("XTRACK_TOKEN", send(1, token="wrong"))
        # A note does not decide who gets the token.
        self.assertIn("do not lead there", send(1, XTRACK_PORT=str(self.listen("stream").listener.getsockname()[1])))
        self.assertIn(": sent", send(0))
        self.assertEqual(collector.stored, self.events("r")[1:], "what arrives is what is in the file")
        self.assertIn("Nothing is left", send(0))

    def test_a_peer_that_only_reads_gets_the_events(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        received = bytearray()

        def read():
            connection, _ = listener.accept()
            with connection:
                for data in iter(lambda: connection.recv(65536), b""):
                    received.extend(data)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        env = {"XTRACK_TRANSPORT": "tcp", "XTRACK_HOST": "127.0.0.1", "XTRACK_PORT": str(listener.getsockname()[1])}
        self.run_script(THREE_POINTS, env=env)
        reader.join(10)
        events = [event for event in decode(bytes(received)) if event["t"] != "hello"]
        self.assertEqual(events, self.events("r")[1:])

    def test_streams_hold_events_alone(self):
        """As other readers of the protocol expect: run_start is event 1, and every type is one that they know."""
        process = self.start(self.write(THREE_POINTS), env={"XTRACK_TRANSPORT": "stdio"})
        out, _ = process.communicate(timeout=30)
        self.run_script(THREE_POINTS, env={"XTRACK_TRANSPORT": "file", "XTRACK_FILE": "events.bin"})
        for events in (decode(out), read_journal(os.path.join(self.work, "events.bin"))):
            self.assertEqual([event["t"] for event in events], ["run_start", "status"] + ["metric"] * 3 + ["run_end"])
            self.assertEqual([event["m"]["seq"] for event in events], [1, 2, 3, 4, 5, 6])

    def test_a_closed_stdout_gets_nothing_and_causes_no_error(self):
        script = self.write(
            """
            import os
            from xtrack import Tracker
            run = Tracker.start_run(run_id="r")
            with open("mine.txt", "w") as mine:
                try: os.write(1, b"native code prints\\n")
                except OSError: pass
                for step in range(3): run.log_metric("x", step, step=step)
            run.end()
            """
        )
        for transport in ("stdio", "journal"):
            command = 'exec "$0" "$1" >&- 3>&-'
            made = subprocess.run(
                ["sh", "-c", command, sys.executable, script], cwd=self.work, env={**self.env, "XTRACK_TRANSPORT": transport}, stderr=subprocess.PIPE
            )
            self.assertEqual((made.returncode, made.stderr), (0, b""))
            with open(os.path.join(self.work, "mine.txt")) as mine:
                self.assertIn(mine.read(), ("", "native code prints\n"))
        self.assertEqual([p["step"] for p in of_kind(self.events("r"), "metric")], [0, 1, 2])

    def test_transports_take_what_they_are_given(self):
        out, err = self.run_script(
            """
            from xtrack import FileTransport, StdioTransport, TCPTransport, Tracker, UnixSocketTransport
            for made in (TCPTransport("h", "no port"), TCPTransport(None, None), UnixSocketTransport(None), UnixSocketTransport(5),
                         FileTransport(7), StdioTransport("x"), StdioTransport(999), StdioTransport(5000)):
                run = Tracker.start_run(transport=made)
                run.log_metric("x", 1.0, step=1)
                run.end()
            """
        )
        self.assertEqual((out, err), ("", ""))

    def test_a_unix_socket_and_bells(self):
        path = os.path.join(self.dir, "c.sock")
        collector = self.listen("journal", family=socket.AF_UNIX, address=path)
        self.run_script(
            """
            import time
            from xtrack import Tracker
            with Tracker.start_run(run_id="r") as run:
                for step in range(300):
                    run.log_metric("x", step, step=step); time.sleep(0.005)
            """,
            env={"XTRACK_TRANSPORT": "unix", "XTRACK_SOCKET": path},
        )
        self.assertEqual(collector.stored, [], "it reads the file itself")
        offsets = [offset for _, offset in collector.bells]
        self.assertEqual(offsets, sorted(set(offsets)))
        self.assertEqual(offsets[-1], os.path.getsize(self.journals("r")[0]))
        seconds = collector.bells[-1][0] - collector.bells[0][0]
        self.assertLessEqual(len(offsets), 20 * seconds + 3)
        self.assertGreater(len(offsets), 5)

    def test_the_local_collector_is_found_and_commands_reach_the_script(self):
        base = os.path.join(self.dir, "runtime")
        digest = hashlib.sha256(os.path.join(self.work, ".xtrack").encode()).hexdigest()
        place = os.path.join(base, "xtrack", digest)
        os.makedirs(place)
        collector = self.listen("journal", token="t0ken")
        port = collector.listener.getsockname()[1]
        with open(os.path.join(place, "collector.json"), "w") as target:
            json.dump({"pid": 1, "host": "127.0.0.1", "port": port, "token": "t0ken", "version": "0", "protocol": 1, "socket": None}, target)
        process = self.start(
            self.write(
                """
                import time
                from xtrack import Tracker
                with Tracker.start_run(run_id="r") as run:
                    got = []
                    run.on_command("adjust_lr", got.append)
                    run.on_command("custom", lambda payload: 1 / 0)
                    while not got or "custom" not in str(run._recorder.commands._seen): time.sleep(0.01)
                    time.sleep(0.3)
                    run.log("got", payload=got[0])
                """
            ),
            env={"XDG_RUNTIME_DIR": base},
        )
        wait_for(lambda: collector.bells, what="a bell")
        self.assertEqual(collector.hellos[0]["token"], "t0ken")
        collector.send("command", {"cmd_id": "a", "type": "adjust_lr", "payload": {"lr": 0.5}})
        collector.send("command", {"cmd_id": "custom-b", "type": "custom", "payload": None})
        collector.send("command", {"cmd_id": "c", "type": "pause", "payload": None})
        collector.send("command", {"cmd_id": "d", "type": "stop", "payload": None, "worker": "worker-9"})
        _, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, err)
        events = self.events("r")
        acks = [(p["cmd_id"], p["status"]) for p in of_kind(events, "command_ack")]
        self.assertEqual([status for one, status in acks if one == "a"], ["received", "done"])
        self.assertEqual([status for one, status in acks if one == "custom-b"], ["received", "failed"])
        self.assertEqual([status for one, status in acks if one == "c"], ["unsupported"])
        self.assertNotIn("d", [one for one, _ in acks], "meant for another worker")
        failed = [p for p in of_kind(events, "command_ack") if p["status"] == "failed"][0]
        self.assertIn("ZeroDivisionError", failed["error"])
        self.assertEqual([p["fields"]["payload"] for p in of_kind(events, "log") if p["msg"] == "got"], [{"lr": 0.5}])


class CommandFile(ScriptTest):
    def test_commands_arrive_through_the_file_for_this_attempt_only(self):
        process = self.start(
            self.write(
                """
                import time
                from xtrack import Tracker
                with Tracker.start_run(run_id="r") as run:
                    run.on_command("checkpoint_now", lambda payload: None)
                    print("up", flush=True)
                    while not run.should_stop: time.sleep(0.02)
                """
            )
        )
        process.stdout.readline()
        path = os.path.join(self.work, ".xtrack", "runs", "r", "commands.xtj")

        def command(seq, **payload):
            return encode_frame({"v": 1, "t": "command", "m": {"seq": seq, "ts": 1}, "p": {"payload": None, **payload}})

        frames = [
            command(1, cmd_id="old", type="stop", attempt=9),
            command(2, cmd_id="now", type="checkpoint_now", attempt=1),
            command(3, cmd_id="stop", type="stop"),
        ]
        data = b"".join(frames)
        with open(path, "ab", buffering=0) as target:
            target.write(data[: len(data) - 20])
            time.sleep(1.5)
            target.write(data[-20:])
        self.assertEqual(process.wait(10), 0)
        acks = [(p["cmd_id"], p["status"]) for p in of_kind(self.events("r"), "command_ack")]
        self.assertEqual(acks, [("now", "received"), ("now", "done"), ("stop", "received")])


if __name__ == "__main__":
    unittest.main()
