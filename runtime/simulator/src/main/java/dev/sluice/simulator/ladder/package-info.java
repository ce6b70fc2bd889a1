/** How good routing policies are: published load ladders, run in virtual time with the gateway's own core. */
@NullMarked
package dev.sluice.simulator.ladder;

import org.jspecify.annotations.NullMarked;
