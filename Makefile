# The commands of Prometheus AI. They need make and Python 3.11 to 3.13; everything else they bring themselves.
#   make run        sets up and serves the product (OFFLINE_MODEL=no leaves the local model out)
#   make test       sets up and tests everything; ONLY=lint,types,sqlite,postgres,browser picks stages
#   make bench      the project's own benchmarks
#   make lint       lint and types alone
#   make lock       compiles the lock files anew
#   make messages   brings the translations in line with the code

.PHONY: run test bench lint lock messages environment-run environment-test
.NOTPARALLEL:

# The first Python that fits and can make an environment; a name on the path may lead to a shim that does not run.
FITS = import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
OTHERS = /usr/bin/python3
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 $(OTHERS); do \
	if $$name -c '$(FITS)' >/dev/null 2>&1; then echo $$name; break; fi; done)
endif
IN = .venv/bin/python

run: environment-run
	@exec $(IN) manage.py serve --prepare --show-sign-in

test: environment-test
	@exec $(IN) -m tests.suite $(if $(ONLY),--only $(ONLY))

bench: environment-test
	@exec $(IN) -m tests.bench

lint: environment-test
	@exec $(IN) -m tests.suite --only lint,types

lock: environment-test
	@exec $(IN) .ci/lock.py

messages: environment-test
	@$(IN) manage.py messages extract
	@$(IN) manage.py messages compile

environment-run environment-test:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11, 3.12 or 3.13 with venv was found (on Debian: apt install python3 python3-venv)" >&2; exit 1; }
	@$(PYTHON) .ci/environment.py $(@:environment-%=%)
