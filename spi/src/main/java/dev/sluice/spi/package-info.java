/**
 * What a plugin author sees. Types come in two kinds. The gateway implements {@link dev.sluice.spi.Request}, {@link
 * dev.sluice.spi.Candidates}, {@link dev.sluice.spi.Attributes} and {@link dev.sluice.spi.PluginContext}: they may gain
 * methods in any release. Plugins implement {@link dev.sluice.spi.Plugin}, {@link dev.sluice.spi.Factory} and the
 * sub-types of {@link dev.sluice.spi.Part}: they gain default methods only.
 */
@NullMarked
package dev.sluice.spi;

import org.jspecify.annotations.NullMarked;
