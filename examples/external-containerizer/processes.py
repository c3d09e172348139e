#!/usr/bin/python3 -I
"""A program for --containerizers=external in Python, without a protobuf library.

Each container is a session of processes with a supervisor, which is the parent of its first process and holds a lock
until that has ended. So `wait` needs no polling: it asks for the same lock.
"""

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import signal
import struct
import sys
import time

ROOT = os.path.join(os.environ.get("MESOS_WORK_DIRECTORY", "."), "processes")
KEPT_SECONDS = 3600

# Protobuf's wire format: a field is a varint of number and wire type, then a varint, 8 bytes, or a length and bytes.
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def fields(data):
    """Yields the number and the value of every field of a message."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(data):
        tag = varint()
        kind = tag & 7
        if kind == VARINT:
            yield tag >> 3, varint()
            continue
        length = {FIXED64: 8, FIXED32: 4}.get(kind)
        if length is None:
            if kind != BYTES:
                raise ValueError(f"unexpected wire type {kind}")
            length = varint()
        if position + length > len(data):
            raise ValueError("a field is cut off")
        yield tag >> 3, data[position : position + length]
        position += length


def last(message, *path):
    """Returns the value at a path of field numbers; None when there is none."""
    for number in path:
        if message is None:
            return None
        message = next((value for of, value in reversed(list(fields(message))) if of == number), None)
    return message


def text(message, *path):
    value = last(message, *path)
    return None if value is None else value.decode()


def encode_varint(value):
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*result, value])


def encode(number, value):
    """Returns one field: whole numbers as varints, others as doubles, texts and messages as bytes."""
    if isinstance(value, int):
        return encode_varint(number << 3 | VARINT) + encode_varint(value)
    if isinstance(value, float):
        return encode_varint(number << 3 | FIXED64) + struct.pack("<d", value)
    data = value.encode() if isinstance(value, str) else value
    return encode_varint(number << 3 | BYTES) + encode_varint(len(data)) + data


def receive():
    """Reads a message from standard input, after its length in 4 bytes of the machine's order."""
    head = sys.stdin.buffer.read(4)
    size = struct.unpack("=I", head)[0] if len(head) == 4 else 0
    data = sys.stdin.buffer.read(size)
    if size == 0 or len(data) != size:
        raise ValueError(f"expected {size or 'some'} bytes of protobuf on standard input, got {len(data)}")
    return data


def send(data):
    sys.stdout.buffer.write(struct.pack("=I", len(data)) + data)
    sys.stdout.buffer.flush()


def directory_of(message):
    """Returns the directory of the container that a message is about; every message has its id in field 1."""
    name = text(message, 1, 1)
    if not name or "/" in name or name.startswith("."):
        raise ValueError("the message has no usable container id")
    return os.path.join(ROOT, name)


def write(directory, name, value):
    with open(os.path.join(directory, name + ".new"), "w") as file:
        file.write(value)
    os.rename(os.path.join(directory, name + ".new"), os.path.join(directory, name))


def read(directory, name):
    with contextlib.suppress(FileNotFoundError), open(os.path.join(directory, name)) as file:
        return file.read()
    return None


def is_active(directory):
    """Tells whether the supervisor holds its lock."""
    try:
        with open(os.path.join(directory, "lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def wait_for_end(directory):
    with open(os.path.join(directory, "lock")) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


def kill(directory):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(int(read(directory, "pid")), signal.SIGKILL)


def resources_of(messages):
    """Returns the sums of scalar resources by name."""
    sums = {}
    for message in messages:
        value = last(message, 3, 1)
        if value is not None:
            name = text(message, 1)
            sums[name] = sums.get(name, 0.0) + struct.unpack("<d", value)[0]
    return json.dumps(sums)


def launch():
    message = receive()
    directory = directory_of(message)
    executor = last(message, 3)
    command = last(executor, 7) or b""
    sandbox, user = text(message, 4) or ".", text(message, 5)
    # CommandInfo: value 3, shell 6, arguments 7, environment 2 with variables 1 (name 1, value 2).
    value = text(command, 3)
    if value is None:
        raise ValueError("the executor has no command, and this program knows no images")
    arguments = [each.decode() for number, each in fields(command) if number == 7]
    argv = arguments or [value] if last(command, 6) == 0 else ["/bin/sh", "-c", value]
    program = value if last(command, 6) == 0 else "/bin/sh"
    environment = {
        name: each
        for name, each in os.environ.items()
        if name.startswith(("MESOS_", "LIBPROCESS_")) or name in ("PATH", "HOME", "LANG")
    }
    for number, variable in fields(last(command, 2) or b""):
        if number == 1:
            environment[text(variable, 1)] = text(variable, 2) or ""
    os.makedirs(directory, exist_ok=True)
    write(directory, "resources", resources_of(each for number, each in fields(executor) if number == 5))
    problem, report = os.pipe()
    if os.fork() == 0:
        os.close(problem)
        supervise(directory, report, program, argv, sandbox, user, environment)
    os.close(report)
    with open(problem) as pipe:
        message = pipe.read()
    if message:
        shutil.rmtree(directory)
        raise OSError(message)


def supervise(directory, report, program, argv, sandbox, user, environment):
    """Runs the container, and writes down how it ended. `report` gets the error of a start, or its end."""
    os.setsid()
    with open(os.path.join(directory, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                os.chdir(sandbox)
                if user is not None and os.geteuid() == 0:
                    found = pwd.getpwnam(user)
                    os.initgroups(user, found.pw_gid)
                    os.setgid(found.pw_gid)
                    os.setuid(found.pw_uid)
                os.execve(program, argv, environment)
            except (OSError, KeyError) as error:
                os.write(report, f"cannot start {program}: {error}".encode())
            os._exit(127)
        write(directory, "pid", str(child))
        os.close(report)
        sys.stdin.close()
        _, status = os.waitpid(child, 0)
        kill(directory)  # the container ends with its first process
        write(directory, "status", str(status))
    os._exit(0)


def update():
    message = receive()
    write(directory_of(message), "resources", resources_of(each for number, each in fields(message) if number == 2))


def usage():
    directory = directory_of(receive())
    session = read(directory, "pid")
    user = system = pages = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as file:
            stat = file.read().rpartition(")")[2].split()
            if stat[3] == session:
                user, system, pages = user + int(stat[11]), system + int(stat[12]), pages + int(stat[21])
    limits = json.loads(read(directory, "resources"))
    tick = os.sysconf("SC_CLK_TCK")
    # ResourceStatistics: timestamp 1, user 2, system 3, cpus_limit 4, mem_rss_bytes 5, mem_limit_bytes 6.
    send(
        encode(1, time.time())
        + encode(2, user / tick)
        + encode(3, system / tick)
        + encode(4, float(limits.get("cpus", 0)))
        + encode(5, pages * os.sysconf("SC_PAGE_SIZE"))
        + encode(6, int(limits.get("mem", 0) * 1024 * 1024))
    )


def wait():
    directory = directory_of(receive())
    wait_for_end(directory)
    status = read(directory, "status")
    # Termination: killed 1, message 2, status 3.
    if status is None:
        send(encode(1, 0) + encode(2, "The supervisor of the container was killed"))
    else:
        send(encode(1, 0) + encode(2, "") + encode(3, int(status)))


def destroy():
    directory = directory_of(receive())
    if is_active(directory):
        kill(directory)
        wait_for_end(directory)


def containers():
    ids = os.listdir(ROOT) if os.path.isdir(ROOT) else []
    active = [each for each in ids if is_active(os.path.join(ROOT, each))]
    send(b"".join(encode(1, encode(1, each)) for each in active))


def recover():
    """Removes containers that ended long ago; others may be asked for their status again, by a new agent."""
    for each in os.listdir(ROOT) if os.path.isdir(ROOT) else []:
        directory = os.path.join(ROOT, each)
        if not is_active(directory) and time.time() - os.path.getmtime(directory) > KEPT_SECONDS:
            shutil.rmtree(directory)


COMMANDS = {each.__name__: each for each in (launch, update, usage, wait, destroy, containers, recover)}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        if name not in COMMANDS:
            raise ValueError(f"give one of {', '.join(COMMANDS)}")
        COMMANDS[name]()
    except (OSError, ValueError) as error:
        sys.exit(f"processes.py {name}: {error}")
