# SPDX-License-Identifier: MIT
# The command `weir`: src/cli and src/server over the library's objects. It is linked with the objects and
# not with libweir.so because it also uses util/, which the shared library hides, and two copies of util/
# in one process would be two logs. The exported few (WEIR_API) stay visible to plugins.

set(top $<TARGET_OBJECTS:weir_cli>)
if(TARGET weir_server)
    list(APPEND top $<TARGET_OBJECTS:weir_server>)
endif()
add_executable(weir_command ${top} ${WEIR_OBJECTS})
set_target_properties(weir_command PROPERTIES OUTPUT_NAME weir LINKER_LANGUAGE C ENABLE_EXPORTS ON
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
target_link_libraries(weir_command PRIVATE ${WEIR_PKGS} PkgConfig::EDIT Threads::Threads m ${CMAKE_DL_LIBS})

# Where the specs that come with Weir are: in the sources while it runs from the build folder, and once it is
# installed, seen from the folder of the command itself, so that the prefix may be chosen late and moved.
file(RELATIVE_PATH specs_from_command ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_DATADIR}/weir/specs)
foreach(room weir_cli weir_server)
    if(TARGET ${room})
        target_compile_definitions(${room} PRIVATE WEIR_SOURCE_SPECS="${PROJECT_SOURCE_DIR}/specs"
            WEIR_SPECS_FROM_COMMAND="${specs_from_command}")
    endif()
endforeach()

install(TARGETS weir_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/specs DESTINATION ${CMAKE_INSTALL_DATADIR}/weir
    FILES_MATCHING PATTERN "*.yaml" PATTERN "*.csv" PATTERN "*.json")

# The man page, the completion and the schema are written by the command itself, from the rows that it reads by. A
# sanitized command is not run while building: nothing of it is installed.
if(NOT WEIR_SANITIZE)
    foreach(pair weir.1=--man weir.bash=--bash)
        string(REPLACE "=" ";" pair ${pair})
        list(GET pair 0 file)
        list(GET pair 1 option)
        add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/${file} DEPENDS weir_command VERBATIM
            COMMAND weir_command help ${option} > ${PROJECT_BINARY_DIR}/${file})
    endforeach()
    add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/weir.schema.json DEPENDS weir_command VERBATIM
        COMMAND weir_command schema > ${PROJECT_BINARY_DIR}/weir.schema.json)
    add_custom_target(weir_help_files ALL DEPENDS ${PROJECT_BINARY_DIR}/weir.1 ${PROJECT_BINARY_DIR}/weir.bash
        ${PROJECT_BINARY_DIR}/weir.schema.json)
    install(FILES ${PROJECT_BINARY_DIR}/weir.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${PROJECT_BINARY_DIR}/weir.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/weir)
    install(FILES ${PROJECT_BINARY_DIR}/weir.bash RENAME weir
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()
