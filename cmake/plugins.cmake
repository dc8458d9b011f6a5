# SPDX-License-Identifier: MIT
# The plugins that come with Weir, one folder each under plugins/. They are built like a stranger's: with
# include/ alone, and linked with nothing of Weir. They lie in plugins/ of the build folder, which is what
# WEIR_PLUGIN_PATH is for the tests.
set(WEIR_PLUGIN_BUILD ${PROJECT_BINARY_DIR}/plugins)

# weir_plugin(NAME SOURCES...): NAME.so, installed where the command looks for plugins.
function(weir_plugin name)
    add_library(plugin_${name} MODULE ${ARGN})
    set_target_properties(plugin_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
        LIBRARY_OUTPUT_DIRECTORY ${WEIR_PLUGIN_BUILD})
    target_include_directories(plugin_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_compile_options(plugin_${name} PRIVATE -Wall -Wextra $<$<BOOL:${WEIR_WERROR}>:-Werror>)
    install(TARGETS plugin_${name} LIBRARY DESTINATION ${WEIR_PLUGIN_DIR})
endfunction()

# weir_plugin_test(NAME ARGUMENTS...): the command, run with those arguments, where it finds the built plugins.
function(weir_plugin_test name)
    if(NOT COMMAND weir_add_test OR NOT TARGET weir_command)
        return()
    endif()
    weir_add_test(${name} $<TARGET_FILE:weir_command> ${ARGN})
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT_MODIFICATION
        "WEIR_PLUGIN_PATH=set:${WEIR_PLUGIN_BUILD}")
endfunction()
