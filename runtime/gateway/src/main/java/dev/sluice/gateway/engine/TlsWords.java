package dev.sluice.gateway.engine;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** Why a handshake failed, for an operator who has to mend it. */
final class TlsWords {
    private TlsWords() {}

    static String of(SSLException failure) {
        String own = String.valueOf(failure.getMessage());
        for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case CertificateExpiredException expired -> {
                    return "its certificate has expired";
                }
                case CertificateNotYetValidException early -> {
                    return "its certificate is not valid yet";
                }
                case CertPathBuilderException unknown -> {
                    return "its certificate comes from a CA that is not trusted (pools[].tls.ca)";
                }
                case CertPathValidatorException broken
                when broken.getCause() == null -> {
                    return "its certificate is not trusted: " + broken.getMessage();
                }
                case CertificateException wrong
                when wrong.getCause() == null -> {
                    return "its certificate is another's: " + wrong.getMessage();
                }
                default -> {}
            }
        }
        if (own.contains("Unsupported or unrecognized SSL message")) {
            return "it does not speak TLS (its URL says https)";
        }
        return (failure instanceof SSLHandshakeException ? "no TLS connection: " : "TLS failed: ") + own;
    }
}
