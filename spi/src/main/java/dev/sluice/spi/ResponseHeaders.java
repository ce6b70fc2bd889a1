package dev.sluice.spi;

/** Where headers of an answer are written. */
public interface ResponseHeaders {
    /**
     * Sets a header, in the place of one that the engine sent.
     *
     * @param name of letters, digits and {@code -}, at most 64; not one that frames the message ({@code content-*},
     *     {@code transfer-encoding}, {@code connection} and the like), nor {@code x-sluice-*} and {@code x-request-id}
     * @param value visible ASCII and spaces, at most 1,024 characters
     * @throws IllegalArgumentException when the header can't be sent
     */
    void set(String name, String value);
}
