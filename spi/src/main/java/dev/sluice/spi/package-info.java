/**
 * What a plugin author sees.
 *
 * <p><b>A plugin</b> is a directory with a jar, and the jars that it needs, below the gateway's plugin directory. Its jar has
 * the manifest lines {@code Sluice-Plugin-Id} (the directory's name), {@code Sluice-Plugin-Version} and {@code Sluice-Spi} (a
 * range such as {@code [1.0,2)} that {@link dev.sluice.spi.Spi#version} lies in), and a file {@code
 * META-INF/services/dev.sluice.spi.Plugin} that names a public class with a public constructor without parameters, a {@link
 * dev.sluice.spi.Plugin}. It sees the JDK, these types, and its own jars. It must not contain these types.
 *
 * <p><b>A type</b> is what configurations name: a {@link dev.sluice.spi.Factory} with a record for its parameters. The
 * record's components are the keys; {@link dev.sluice.spi.Default}, {@link dev.sluice.spi.Range}, {@link
 * dev.sluice.spi.OneOf}, {@link dev.sluice.spi.Doc} and {@link dev.sluice.spi.Secret} are their schema. Components may be
 * texts, booleans, numbers, enums, {@link java.time.Duration}, {@link java.nio.file.Path} (relative ones are relative to the
 * configuration), records, and lists, sets, maps with text keys and optionals of those. The factory makes one instance, a
 * {@link dev.sluice.spi.Part}, per entry of a routing section, for each pool that uses the section.
 *
 * <p><b>Instances</b> are called while a request waits, from many threads: they must not block, and what takes time belongs
 * on a thread of their own that ends in {@code close}. A call that throws, answers with what can't be, or is not done within
 * its budget (2 ms for third parties unless configured) has no vote in that decision; the request goes on without it. An
 * instance that keeps failing is not asked for a while. A call is interrupted when its time is over; an instance that does
 * not heed that is not called again.
 *
 * <p><b>Two kinds of types.</b> The gateway implements {@link dev.sluice.spi.Request}, {@link dev.sluice.spi.Candidates},
 * {@link dev.sluice.spi.Attributes} and {@link dev.sluice.spi.PluginContext}: they may gain methods in any release. Plugins
 * implement {@link dev.sluice.spi.Plugin}, {@link dev.sluice.spi.Factory} and the sub-types of {@link dev.sluice.spi.Part}:
 * they gain default methods only.
 */
@NullMarked
package dev.sluice.spi;

import org.jspecify.annotations.NullMarked;
