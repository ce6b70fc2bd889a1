@NullMarked
package dev.sluice.gateway.tokens;

import org.jspecify.annotations.NullMarked;
