@NullMarked
package dev.sluice.spi.testkit;

import org.jspecify.annotations.NullMarked;
