/** The brain: pure and deterministic. No sockets, no threads, no clock. */
@NullMarked
package dev.sluice.core;

import org.jspecify.annotations.NullMarked;
