/**
 * For authors of plugins: contracts to be extended by a test class, with a factory and configurations, and fakes of what
 * the gateway lends to a plugin. A plugin that passes its contract does nothing that the gateway would hold against it.
 */
@NullMarked
package dev.sluice.spi.testkit;

import org.jspecify.annotations.NullMarked;
