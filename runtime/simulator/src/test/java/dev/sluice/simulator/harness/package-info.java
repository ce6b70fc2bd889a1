/** The seeded virtual-time harness: a whole gateway's life from one integer. */
@NullMarked
package dev.sluice.simulator.harness;

import org.jspecify.annotations.NullMarked;
