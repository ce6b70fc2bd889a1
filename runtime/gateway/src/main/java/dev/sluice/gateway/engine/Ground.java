package dev.sluice.gateway.engine;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Where engines' metrics pages are read: threads, their pauses, and plaintext connections. Pages are read several times a
 * second, so who reads them beside requests can do it on the requests' own threads, and nobody has to be woken for it.
 */
public interface Ground {
    /** The JDK's virtual threads and sockets. */
    Ground JDK = new Ground() {
        @Override
        public Thread start(String name, Runnable life) {
            return Thread.ofVirtual().name(name).start(life);
        }

        @Override
        public void pause(long nanos) {
            LockSupport.parkNanos(this, nanos);
        }

        @Override
        public Line connect(String host, int port, Duration limit) throws IOException {
            return new SocketLine(Sockets.connect(host, port, limit));
        }
    };

    /** Starts a virtual thread. */
    Thread start(String name, Runnable life);

    /**
     * The current thread, one of those started here, waits at most so long, or until it is unparked; possibly less.
     *
     * @param nanos how long; kept to 25 ms or better
     */
    void pause(long nanos);

    /** Connects; only called by threads started here. */
    Line connect(String host, int port, Duration limit) throws IOException;

    /** The JDK's sockets, connected. */
    final class Sockets {
        private Sockets() {}

        static Socket connect(String host, int port, Duration limit) throws IOException {
            Socket socket = new Socket();
            int millis = (int) Math.max(1, limit.toMillis());
            try {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(millis);
                socket.connect(new InetSocketAddress(host, port), millis);
                return socket;
            } catch (IOException e) {
                socket.close();
                throw e;
            }
        }
    }
}
