@NullMarked
package dev.sluice.gateway.plugin.bench;

import org.jspecify.annotations.NullMarked;
