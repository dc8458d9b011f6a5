# SPDX-License-Identifier: MIT
"""The commands about specs and the language: new, list, show, schema."""
import json
import os
import re

import claims
from claims import equal, weir, within, write
from specs import SPEC

MODES = ("none", "headers", "first_message", "url", "login")
OF_THE_PROTOCOL = ("mqtt", "zmq") # they log in their own way
STANDS_IN = "replay" # for any backend, in a spec that is there
SECRET = "s3cr3t-that-nobody-sees"

SPEC_WITH_SECRETS = SPEC.replace("connections:", """\
credentials:
  api_key:
  token: {env: SHOP_TOKEN_ELSEWHERE}
  phrase: {file: phrase.txt}
  pin: {required: false}
  user: {default: guest-of-the-house}
connections:""", 1)


def backends():
    return json.loads(weir("schema").out)["$defs"]["backend"]["properties"]["type"]["enum"]


# ---------------------------------------------------------------- new

def a_new_spec_passes_the_check_with_every_backend_and_login():
    for backend in set(backends()) - {STANDS_IN}:
        for mode in MODES:
            name = "n_%s_%s" % (backend, mode)
            done = weir("new", name, "--backend", backend, "--auth", mode)
            if mode != "none" and (mode == "login") != (backend in OF_THE_PROTOCOL):
                equal(done.code, 2)
                within(done.err, "backend '%s' logs in by --auth " % backend)
                continue
            equal((done.code, done.out), (0, ""), done.err)
            within(done.err, "wrote %s.yaml" % name)
            done = weir("check", name + ".yaml")
            equal((done.code, done.err), (0, ""))


def a_new_spec_explains_itself():
    text = weir("new", "acme", "--auth", "first_message", "--output", "-").out
    within(text, "name: acme\n", "mode: first_message", "credentials.api_secret", "docs/spec-reference.md")
    equal("@" in text, False)
    if not re.search(r"^checked: \d{4}-\d\d-\d\d ", text, re.M):
        raise AssertionError("no date in " + text[:600])


def a_file_that_is_there_is_left_alone():
    write("acme.yaml", "mine")
    done = weir("new", "acme")
    equal((done.code, done.out), (1, ""))
    within(done.err, "acme.yaml is there already")
    with open("acme.yaml", encoding="utf-8") as file:
        equal(file.read(), "mine")


def a_name_that_no_spec_can_have_is_refused():
    for args in (["Acme"], ["a/b"], ["acme", "--auth", "magic"], ["acme", "--backend", "pigeon"]):
        equal(weir("new", *args).code, 2, args)
    equal(os.listdir("."), [])
    within(weir("new", "acme", "--backend", "pigeon").err, "websocket")


# ---------------------------------------------------------------- list and show

def the_list_has_the_specs_that_came_with_weir_and_those_here():
    os.mkdir("specs")
    write("specs/shop.yaml", SPEC)
    write("specs/broken.yaml", "weir: 1\n")
    done = weir("list")
    equal((done.code, done.err), (0, ""))
    rows = {line.split()[0]: line for line in done.out.splitlines()}
    within(rows["kraken"], "Kraken spot", "trades ticker book")
    within(rows["shop"], "trades quotes")
    within(rows["broken"], "errors")
    equal(done.out.splitlines()[0].split(), ["NAME", "TITLE", "CHECKED", "STREAMS"])


def show_tells_what_is_in_a_spec():
    done = weir("show", "kraken")
    equal((done.code, done.err), (0, ""))
    within(done.out, "specs/kraken.yaml", "{vars.url}", "wss://ws.kraken.com", "websocket", "depth", "1000")
    if not re.search(r"^  stream +book +quote$", done.out, re.M):
        raise AssertionError(done.out)
    within(weir("show", "kraken", "--set", "vars.depth=25").out, "25")


def show_tells_whether_credentials_are_set_and_never_what_they_are():
    write("shop.yaml", SPEC_WITH_SECRETS)
    write("phrase.txt", SECRET + "\n")
    os.chmod("phrase.txt", 0o600)
    write("cred.yaml", "shop:\n  token: %s\n" % SECRET)
    os.chmod("cred.yaml", 0o600)
    env = {"SHOP_API_KEY": SECRET, "HOME": os.getcwd(), "XDG_CONFIG_HOME": ""}
    done = weir("show", "shop.yaml", "--credentials", "cred.yaml", env=env)
    equal(done.code, 0, done.err)
    words = {line.split()[1]: line for line in done.out.splitlines() if line.startswith("credential")}
    within(words["api_key"], "SHOP_API_KEY", "set, in the environment")
    within(words["token"], "SHOP_TOKEN_ELSEWHERE", "set, in the credentials file")
    within(words["phrase"], "phrase.txt", "set, in its own file")
    within(words["pin"], "SHOP_PIN", "(not set)")
    within(words["user"], "default of the spec")
    for text in (SECRET, "guest-of-the-house"):
        equal(text in done.out + done.err, False, text)


def a_credentials_file_that_others_can_read_is_told():
    write("shop.yaml", SPEC_WITH_SECRETS)
    write("cred.yaml", "shop:\n  token: %s\n" % SECRET)
    os.chmod("cred.yaml", 0o644)
    done = weir("show", "shop.yaml", "--credentials", "cred.yaml")
    equal(done.code, 1)
    within(done.out + done.err, "cred.yaml")
    equal(SECRET in done.out + done.err, False)


# ---------------------------------------------------------------- the language

def the_schema_says_what_keys_mean():
    done = weir("schema")
    equal((done.code, done.err), (0, ""))
    schema = json.loads(done.out)
    equal(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
    connection = schema["$defs"]["connection"]
    equal(connection["additionalProperties"], False)
    equal(sorted(connection["required"]), ["backend", "streams", "url"])
    within(connection["properties"]["frame"]["description"], "array")
    within(schema["$defs"]["websocket_options"]["properties"]["max_message"]["description"], "64MiB")


def the_tables_of_the_pages_are_printed_by_name():
    names = weir("help", "--rows", "").out.splitlines()
    within(" ".join(names), "connection", "websocket options", "functions for time")
    within(weir("help", "--rows", "router rule").out, "| **`match`** | expression |")
    equal(weir("help", "--rows", "nonsense").code, 1)


if __name__ == "__main__":
    claims.main(globals(), __doc__)
