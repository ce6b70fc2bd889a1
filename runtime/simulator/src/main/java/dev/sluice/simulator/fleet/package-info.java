/**
 * A fleet in virtual time: real engines' model, the gateway's real core, and a pure model of what stands between them. Nothing
 * here has a clock or a thread, so a run of an hour takes seconds and repeats bit for bit.
 */
@NullMarked
package dev.sluice.simulator.fleet;

import org.jspecify.annotations.NullMarked;
