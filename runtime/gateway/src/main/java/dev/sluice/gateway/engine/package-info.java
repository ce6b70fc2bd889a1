/** Calls to engines off the hot path: which models they serve, whether they are well, what their metrics say. */
@NullMarked
package dev.sluice.gateway.engine;

import org.jspecify.annotations.NullMarked;
