/** Puts the rooms together: command line, demo, bench. */
@NullMarked
package dev.sluice.app;

import org.jspecify.annotations.NullMarked;
