/** Where endpoints come from that nobody has written down: what is asked for, and what is found. */
@NullMarked
package dev.sluice.core.discovery;

import org.jspecify.annotations.NullMarked;
