package dev.sluice.gateway.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * TLS to an engine by the JDK's socket. Its certificate must be for the host that it was asked for by. A cut closes the
 * socket below: no close_notify, which would have to wait for whoever writes.
 */
final class TlsCarrier implements Carrier {
    private static final int RECORD = 16 << 10;

    private final Socket plain;
    private final SSLSocket tls;
    private final InputStream in;
    private final OutputStream out;
    private final byte[] buffer = new byte[RECORD];

    /** Over a connected socket; nothing is said yet. */
    TlsCarrier(Socket plain, SSLContext context, String host, int port) throws IOException {
        this.plain = plain;
        this.tls = (SSLSocket) context.getSocketFactory().createSocket(plain, host, port, true);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        tls.setSSLParameters(parameters);
        this.in = tls.getInputStream();
        this.out = tls.getOutputStream();
    }

    void handshake() throws IOException {
        tls.startHandshake();
    }

    @Override
    public byte @Nullable [] get() throws IOException {
        int n = in.read(buffer);
        return n < 0 ? null : Arrays.copyOf(buffer, n);
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    @Override
    public void cut() {
        try {
            plain.close();
        } catch (IOException e) {
            // the descriptor is gone either way
        }
    }

    @Override
    public void dispose() {
        cut();
    }
}
