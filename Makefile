# Everything is meson's work; these are the words that people type.
.PHONY: all demo test quick bench fuzz coverage install clean
all: ; @tools/install-packages build && tools/build build
demo: ; @tools/install-packages build && tools/build build && tools/demo
test: ; @tools/install-packages test && tools/run-tests full
quick: ; @tools/install-packages test && tools/run-tests quick
bench: ; @tools/install-packages bench && tools/build build && bench/run
fuzz: ; @tools/install-packages test && tools/run-tests fuzz
coverage: ; @tools/install-packages coverage && tools/coverage
install: all ; @meson install -C build
clean: ; rm -rf build build-*
