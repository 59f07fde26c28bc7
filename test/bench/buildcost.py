"""What a greeter server costs to build, grpc++'s and ours: CPU seconds of its translation units on one core with -O2,
the stripped program, and the shared libraries that it needs."""
import os
import re
import resource
import shutil
import subprocess
from pathlib import Path

import machine
from programs import HERE, OURS, ROOT, RUN
from results import Row

WORK = RUN / "buildcost"
HELLO = ROOT / "examples/1_hello"
COMPILER = os.environ.get("CXX", "g++")
FLAGS = ["-O2", "-std=c++20", f"-I{WORK}"]
OURS_FLAGS = [*FLAGS, f"-I{ROOT / 'include'}"]
COMPILED_FLAGS = [*OURS_FLAGS, "-DHEDDLE_SEPARATE_COMPILATION", "-DBOOST_ASIO_SEPARATE_COMPILATION"]


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "CCACHE_DISABLE": "1"},
                          preexec_fn=machine.on_cores(machine.SERVER_CORE))
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}")
    return done.stdout


def _seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _libraries(*packages):
    return _run(["pkg-config", "--libs", *packages]).split()


def _generate():
    WORK.mkdir(parents=True, exist_ok=True)
    _run(["protoc", f"-I{HELLO}", f"--cpp_out={WORK}", f"--grpc_out={WORK}", f"--heddle_out={WORK}",
          f"--plugin=protoc-gen-grpc={shutil.which('grpc_cpp_plugin')}",
          f"--plugin=protoc-gen-heddle={OURS / 'protoc-gen-heddle'}", "helloworld.proto"])


# name: (source, flags)
UNITS = {
    "grpcpp server": (HERE / "buildcost/grpcpp_server.cpp", FLAGS),
    "grpcpp .pb": (WORK / "helloworld.pb.cc", FLAGS),
    "grpcpp .grpc.pb": (WORK / "helloworld.grpc.pb.cc", FLAGS),
    "header-only server": (HERE / "buildcost/heddle_server.cpp", OURS_FLAGS),
    "compiled server": (HERE / "buildcost/heddle_server.cpp", COMPILED_FLAGS),
    "compiled example": (HELLO / "server.cpp", COMPILED_FLAGS),
    "src.hpp": (ROOT / "cmake/compiled.cpp", COMPILED_FLAGS),
    "Asio compiled": (ROOT / "cmake/compiled_asio.cpp", COMPILED_FLAGS),
    "Asio alone": (HERE / "buildcost/asio_alone.cpp", FLAGS),
}


def _object(name):
    return WORK / (re.sub(r"\W+", "_", name) + ".o")


def _compile_all():
    seconds = {}
    for name, (source, flags) in UNITS.items():
        seconds[name] = _seconds([COMPILER, *flags, "-c", str(source), "-o", str(_object(name))])
    return seconds


def _program(name, units, libraries):
    """Links and strips: (bytes, number of shared libraries, bytes of those)."""
    path = WORK / name
    _run([COMPILER, *map(str, map(_object, units)), *libraries, "-o", str(path)])
    shared = re.findall(r"=> (/\S+)", _run(["ldd", str(path)]))
    _run(["strip", str(path)])
    return path.stat().st_size, len(shared), sum(Path(library).stat().st_size for library in shared)


def measure(rounds, say):
    if shutil.which("grpc_cpp_plugin") is None:
        say("--build skipped: no grpc_cpp_plugin (protobuf-compiler-grpc)")
        return []
    _generate()
    taken = []
    for _ in range(rounds):
        taken.append(_compile_all())
        say("  ".join(f"{name} {seconds:.1f}" for name, seconds in taken[-1].items()))

    def seconds(units):
        return [sum(t[u] for u in units) for t in taken]

    theirs = [u for u in UNITS if u.startswith("grpcpp")]

    def row(key, title, units, beside=()):
        return Row(key, title, "CPU s", {"heddle": seconds(units), **({"grpcpp": seconds(beside)} if beside else {})})

    rows = [row("build-header-only", "all, header-only", ["header-only server", "grpcpp .pb"], theirs),
            row("build-compiled", "all, compiled mode, without src.hpp", ["compiled server", "grpcpp .pb"], theirs),
            row("build-service-file", "service file in compiled mode, beside all of grpc++'s", ["compiled server"], theirs),
            row("build-both-service-files", "service file in compiled mode, beside grpc++'s", ["compiled server"],
                ["grpcpp server"]),
            row("build-example", "examples/1_hello/server.cpp in compiled mode", ["compiled example"]),
            row("build-src", "src.hpp, once", ["src.hpp"]),
            row("build-asio-compiled", "Asio for the compiled mode, once", ["Asio compiled"]),
            row("build-asio", "Asio and one coroutine alone", ["Asio alone"])]
    ours = ["-lprotobuf", "-lz", "-lpthread"]
    programs = {
        "grpcpp": _program("grpcpp", theirs, _libraries("grpc++", "protobuf")),
        "heddle": _program("compiled", ["compiled server", "src.hpp", "Asio compiled", "grpcpp .pb"], ours),
        "heddle-header-only": _program("header_only", ["header-only server", "grpcpp .pb"], ours)}
    for key, title, unit, index, scale in (("build-size", "stripped program", "KiB", 0, 1024),
                                           ("build-libraries", "shared libraries", "libraries", 1, 1),
                                           ("build-library-size", "their size", "MiB", 2, 1 << 20)):
        rows.append(Row(key, title, unit, {name: [values[index] / scale] for name, values in programs.items()}))
    return rows
