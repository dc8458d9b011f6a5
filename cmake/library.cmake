# SPDX-License-Identifier: MIT
# libweir.so and libweir.a, both made of the rooms' objects, and what a program needs to find them once
# they are installed: headers, weir.pc and find_package(weir). Only what include/weir marks WEIR_API is
# visible in the shared one. While the version is 0.x, a minor step may change the ABI, so it is in the
# soname.

include(CMakePackageConfigHelpers)
set(abi ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

add_library(weir_shared SHARED ${WEIR_OBJECTS})
set_target_properties(weir_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${abi} EXPORT_NAME weir)
# Dependencies are not part of the interface: no public header includes one.
target_link_libraries(weir_shared PRIVATE ${WEIR_PKGS} Threads::Threads m ${CMAKE_DL_LIBS})
target_link_options(weir_shared PRIVATE -Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/libweir.map)
if(TARGET weir_runtime AND NOT WEIR_SANITIZE)
    target_link_options(weir_shared PRIVATE -Wl,-z,defs)
endif()
add_library(weir::weir ALIAS weir_shared)

add_library(weir_static STATIC ${WEIR_OBJECTS})
target_link_libraries(weir_static PRIVATE ${WEIR_PKGS} Threads::Threads m ${CMAKE_DL_LIBS})
add_library(weir::weir_static ALIAS weir_static)

foreach(library weir_shared weir_static)
    set_target_properties(${library} PROPERTIES OUTPUT_NAME weir LINKER_LANGUAGE C
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    target_include_directories(${library} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()

# weir.pc finds its prefix from where it lies, so that `cmake --install --prefix` and a moved copy both work.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/weir.pc.in ${PROJECT_BINARY_DIR}/weir.pc @ONLY)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/weirConfig.cmake.in ${PROJECT_BINARY_DIR}/weirConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weir NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/weirConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS weir_shared weir_static EXPORT weir
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT weir NAMESPACE weir:: FILE weirTargets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weir)
install(FILES ${PROJECT_BINARY_DIR}/weirConfig.cmake ${PROJECT_BINARY_DIR}/weirConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/weir)
install(FILES ${PROJECT_BINARY_DIR}/weir.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/weir DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h")
