/**
 * Flow control: the one admission queue, the orders in which requests leave it, and when one may go on to an engine. Pure, like all
 * of core: the live gateway, the simulator and the seeded tests run the same classes.
 */
@NullMarked
package dev.sluice.core.flow;

import org.jspecify.annotations.NullMarked;
