/** A vLLM engine model: served over HTTP, or run in virtual time. */
@NullMarked
package dev.sluice.simulator;

import org.jspecify.annotations.NullMarked;
