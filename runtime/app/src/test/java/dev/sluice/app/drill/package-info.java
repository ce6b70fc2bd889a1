@NullMarked
package dev.sluice.app.drill;

import org.jspecify.annotations.NullMarked;
