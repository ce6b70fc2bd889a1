/**
 * Third-party plugins: what is in a plugin directory, what of it can be loaded, and how its code is called so that it can
 * lose its vote and nothing else. Knows nothing of configurations, pools or requests on the wire.
 */
@NullMarked
package dev.sluice.gateway.plugin;

import org.jspecify.annotations.NullMarked;
