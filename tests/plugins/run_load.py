# SPDX-License-Identifier: MIT
"""Loading plugins: where they are looked for, and everything that can be wrong with one. Each mistake is one of the
spec, with its place. WEIR_PLUGIN_PATH names the folder of the built ones; under a sanitizer a leak fails the claim."""
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
import claims  # noqa: E402 (the path comes first)
from claims import equal, weir, within, write  # noqa: E402

BUILT = os.environ["WEIR_PLUGIN_PATH"].split(":")[0]
SPEC = """weir: 1
name: acme
plugins: [%s]
connections:
  feed:
    url: ws://127.0.0.1:1/
    backend: websocket
    streams: [data]
    converters:
      data:
        - fields: {close: "%s"}
"""


def _check(plugins, expression="1", path=None):
    return weir("check", write("acme.yaml", SPEC % (plugins, expression)),
                env={} if path is None else {"WEIR_PLUGIN_PATH": path})


def _refused(plugins, *parts, column=11, **keywords):
    done = _check(plugins, **keywords)
    equal(done.code, 1)
    within(done.out + done.err, "acme.yaml:3:%d: error: " % column, *parts)
    equal((done.out + done.err).count("error:"), 1, "errors")


# ---------------------------------------------------------------- where it is

def what_is_not_there_is_looked_for_in_all_places():
    _refused("nowhere", "plugin 'nowhere' is not there: neither nowhere.so nor libnowhere.so is in .,",
             "/one (WEIR_PLUGIN_PATH), /two (WEIR_PLUGIN_PATH), ", "weir/plugins", path="/one::/two")


def beside_the_spec_comes_first():
    shutil.copy(BUILT + "/no_symbol.so", "probe.so")
    _refused("probe", "probe.so is no plugin of Weir: it has no symbol 'weir_plugin'")


def the_name_of_a_library_will_do():
    shutil.copy(BUILT + "/probe.so", "libfoo.so")
    equal(_check("foo", "same(1)", path="").code, 0)


def a_base_spec_has_its_plugins_beside_it():
    os.mkdir("family")
    shutil.copy(BUILT + "/probe.so", "family/kin.so")
    write("family/base.yaml", SPEC % ("kin", "same(1)"))
    write("acme.yaml", "weir: 1\nname: acme\nextends: family/base.yaml\n")
    equal(weir("check", "acme.yaml", env={"WEIR_PLUGIN_PATH": ""}).code, 0)


def a_name_cannot_lead_out_of_the_folder():
    _refused("../probe", "is no name for 'plugins'")


# ---------------------------------------------------------------- what it is

def junk_is_no_plugin():
    write("junk.so", b"\x7fELF" + os.urandom(4000))
    _refused("junk", "plugin 'junk' cannot be loaded: ")
    write("text.so", "int main(void) { return 0; }\n")
    _refused("text", "plugin 'text' cannot be loaded: ", "text.so: it is no shared object for this machine")
    write("empty.so", "")
    _refused("empty", "plugin 'empty' cannot be loaded: ", "it is no shared object for this machine")
    os.mkdir("folder.so")
    _refused("folder", "plugin 'folder' ", "it is no file")
    os.mkfifo("pipe.so")
    _refused("pipe", "plugin 'pipe' ", "it is no file")


def a_plugin_that_is_cut_off_is_no_plugin():
    with open(BUILT + "/probe.so", "rb") as file:
        whole = file.read()
    for length in (10, 64, 200, 1000, 4096):
        write("cut.so", whole[:length])
        _refused("cut", "plugin 'cut' cannot be loaded: ")


def _first_mapped(whole):
    """Where in an ELF file the head of the first segment stands that is mapped: linkers begin with others."""
    at = int.from_bytes(whole[32:40], "little")
    while int.from_bytes(whole[at:at + 4], "little") != 1:
        at += int.from_bytes(whole[54:56], "little")
    return at


def a_plugin_of_broken_bytes_is_told_and_does_not_crash_the_check_of_its_head():
    with open(BUILT + "/probe.so", "rb") as file:
        whole = bytearray(file.read())
    # of the ELF header type, machine, offset, size and number of the segments; of a segment the place in the file
    for at in (16, 18, 32, 54, 56, _first_mapped(whole) + 8):
        broken = bytearray(whole)
        broken[at] ^= 0x7f
        write("broken.so", bytes(broken))
        _refused("broken", "plugin 'broken' ")


def another_object_is_no_plugin():
    _refused("no_symbol", "no_symbol.so is no plugin of Weir: it has no symbol 'weir_plugin'")
    _refused("other_symbol", "is no plugin of Weir: its symbol 'weir_plugin' is something else")
    _refused("other_magic", "is no plugin of Weir: its symbol 'weir_plugin' is something else")


def another_abi_is_refused_with_both_versions():
    _refused("wrong_abi", "plugin 'wrong_abi' was built for plugin ABI 77 (Weir 9.8.7), and this is ABI 1 (Weir 0.1.0); "
             "build it again")


def another_size_is_refused_with_both_versions():
    _refused("wrong_size", "weir_plugin_host has ", "there (Weir 0.0.9, ABI 1)", "here (Weir 0.1.0, ABI 1); build it again")


def an_entry_needs_init():
    _refused("no_init", "'weir_plugin' needs a name, a version and init")


# ---------------------------------------------------------------- init

def a_failed_init_is_told_and_what_it_registered_is_forgotten():
    done = _check("init_fails", "half_done(1)")
    equal(done.code, 1)
    within(done.err, "acme.yaml:3:11: error: plugin 'init_fails' did not start: the licence of half_done is 400 days old",
           "unknown name 'half_done'")


def a_failed_init_may_be_silent():
    _refused("init_silent", "plugin 'init_silent' did not start: its init gives no reason")


def rows_that_cannot_be_are_refused():
    for row, text in enumerate(["'len' has a meaning in expressions already",
                                "'vars' has a meaning in expressions already",
                                "it registers a transform under 'two words', which is no name",
                                "it registers a transform under '', which is no name",
                                "it registers transform 'hollow' without a function",
                                "the parameters of 'odd' are not as they should be",
                                "the parameters of 'odd' are not as they should be",
                                "it registers a function of a use (12) that there is not",
                                "converter 'bare' declares no columns",
                                "converter 'double' cannot have the column 'data.close'",
                                "converter 'carried' cannot have the column 'seq'"]):
        _refused("refused_%d" % row, "plugin 'refused_%d': %s" % (row, text))


def two_plugins_cannot_register_the_same():
    shutil.copy(BUILT + "/probe.so", "again.so")
    _refused("probe, again", "plugin 'again': expression function 'describe' is registered already, by plugin 'probe'",
             column=18)


def a_lost_plugin_loses_no_other():
    done = _check("nowhere, probe, init_silent", "same(1)")
    equal(done.code, 1)
    equal(done.err.count("error:"), 2)


# ---------------------------------------------------------------- names in the spec

def a_function_is_known_by_its_name_and_arguments():
    equal(_check("probe", "same(data['x'])").code, 0)
    for expression, text in (("smae(1)", "unknown name 'smae'; did you mean 'same'?"),
                             ("same()", "missing required argument 'x' (pos 1)"),
                             ("same(1, 2)", "same() takes exactly 1 positional argument but 2 were given"),
                             ("same(x=1)", "same() takes 'x' as a positional argument only"),
                             ("describe(1, third=2)", "'third'")):
        done = _check("probe", expression)
        equal(done.code, 1)
        within(done.err, "acme.yaml:11:", text)


def a_name_of_another_use_is_told():
    for field, text in (("{source: 1, transform: fials}", "transform: unknown transform 'fials'; did you mean 'fails'?"),
                        ("{source: 1, transform: find}", "transform: 'find' of plugin 'probe' is of use as custom field, "
                         "not as transform"),
                        ("{custom: fond}", "custom: unknown custom field 'fond'; did you mean 'find'?"),
                        ("{custom: pairs}", "custom: 'pairs' of plugin 'probe' is of use as decoder, not as custom field")):
        write("acme.yaml", SPEC.replace("%s", "probe", 1).replace('{close: "%s"}', "{close: %s}" % field))
        done = weir("check", "acme.yaml")
        equal(done.code, 1)
        within(done.err, "acme.yaml:11:", text)


if __name__ == "__main__":
    claims.main(globals(), __doc__)
