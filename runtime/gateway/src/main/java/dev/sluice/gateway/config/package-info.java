/**
 * Configuration: YAML nodes that keep their marks are bound to records by their canonical constructors. The records, with
 * the annotations of {@link dev.sluice.spi}, are the one source of defaults, checks, schema and documentation. All
 * errors of a load are collected and reported together.
 */
@NullMarked
package dev.sluice.gateway.config;

import org.jspecify.annotations.NullMarked;
