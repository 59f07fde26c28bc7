# Groups of install.sh: the tools that the scripts of this folder run.
install_grpcurl() { go_install grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4; }

install_ghz() { go_install ghz github.com/bojand/ghz/cmd/ghz@v0.93.0; }

install_buf() {
  need npm
  rm -rf "$cache/interop/npm"
  mkdir -p "$cache/interop/npm"
  cd "$cache/interop/npm"
  echo '{"private": true}' >package.json
  attempt npm install --no-audit --no-fund --ignore-scripts @bufbuild/buf@1.75.0 || skip "could not get @bufbuild/buf"
}

install_python() {
  need python3
  rm -rf "$cache/interop/python"
  attempt python3 -m venv "$cache/interop/python" || skip "python3 cannot make a venv (python3-venv)"
  attempt "$cache/interop/python/bin/pip" install --quiet grpcio==1.85.1 grpcio-reflection==1.85.1 \
    grpcio-health-checking==1.85.1 || skip "could not get grpcio and its company"
}
