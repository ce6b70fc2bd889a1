package dev.sluice.gateway.http;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What carries the bytes of a {@link SocketWire}: blocking, one reader and one writer at a time. */
interface Carrier {
    /** The next bytes, at least one, or null at the end of the stream. */
    byte @Nullable [] get() throws IOException;

    /** Writes all of it. The array is the carrier's from now on. */
    void write(byte[] bytes) throws IOException;

    /** Closes at once, without any farewell that could wait; whoever reads or writes fails. From any thread. */
    void cut();

    /** The wire is done with, and nobody reads or writes any more. */
    void dispose();
}
