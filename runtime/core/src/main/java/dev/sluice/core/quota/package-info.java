/** What tenants may use: reserved before a request goes to an engine, settled with what it really used. Pure, like all of core. */
@NullMarked
package dev.sluice.core.quota;

import org.jspecify.annotations.NullMarked;
