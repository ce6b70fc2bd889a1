/**
 * Measures Sluice beside other proxies, with a load generator and backends in C that cost next to nothing: {@code bench proxy}
 * and what else the bars of docs/performance.md need.
 */
@NullMarked
package dev.sluice.app.bench;

import org.jspecify.annotations.NullMarked;
