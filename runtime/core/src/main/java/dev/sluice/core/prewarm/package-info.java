/** How many requests will come, what they will cost, and how many pods that wants before they come. */
@NullMarked
package dev.sluice.core.prewarm;

import org.jspecify.annotations.NullMarked;
