/** What sleeps and how it is woken: when to ring, when to give up, and how long it will take. */
@NullMarked
package dev.sluice.core.wake;

import org.jspecify.annotations.NullMarked;
