@NullMarked
package dev.sluice.gateway.plugin;

import org.jspecify.annotations.NullMarked;
