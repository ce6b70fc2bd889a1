package dev.sluice.gateway.plugin;

import dev.sluice.spi.Plugin;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads one plugin's classes. Its parent is the platform loader, so that nothing of the gateway or of another plugin is
 * seen; the SPI, and JSpecify's annotations that it carries, come from the gateway and from nowhere else, so that both
 * sides mean the same types. The rule is Trino's ({@code PluginClassLoader}).
 */
final class PluginClassLoader extends ClassLoader {
    static {
        registerAsParallelCapable();
    }

    private static final String ANNOTATIONS = "org.jspecify.annotations";

    private final String id;
    private final List<JarBytes> jars;
    private final ClassLoader host = Plugin.class.getClassLoader();

    PluginClassLoader(String id, List<JarBytes> jars) {
        super("plugin-" + id, getPlatformClassLoader());
        this.id = id;
        this.jars = List.copyOf(jars);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        int dot = name.lastIndexOf('.');
        String inPackage = dot < 0 ? "" : name.substring(0, dot);
        return inPackage.equals(ClassCheck.SPI_PACKAGE) || inPackage.equals(ANNOTATIONS)
                ? host.loadClass(name)
                : super.loadClass(name, resolve);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        String path = name.replace('.', '/') + ".class";
        for (JarBytes jar : jars) {
            byte[] bytes = jar.entries().get(path);
            if (bytes != null) {
                CodeSource source = new CodeSource(url(jar, ""), (Certificate[]) null);
                return defineClass(name, bytes, 0, bytes.length, new ProtectionDomain(source, null, this, null));
            }
        }
        throw new ClassNotFoundException(name + " is not in plugin " + id);
    }

    @Override
    protected @Nullable URL findResource(String path) {
        for (JarBytes jar : jars) {
            if (jar.entries().containsKey(path)) {
                return url(jar, path);
            }
        }
        return null;
    }

    @Override
    protected Enumeration<URL> findResources(String path) {
        List<URL> found = new ArrayList<>();
        for (JarBytes jar : jars) {
            if (jar.entries().containsKey(path)) {
                found.add(url(jar, path));
            }
        }
        return Collections.enumeration(found);
    }

    private URL url(JarBytes jar, String path) {
        try {
            URI uri = new URI("sluice-plugin", id, "/" + jar.name() + "/" + path, null);
            return URL.of(uri, new Handler(jar.entries().getOrDefault(path, new byte[0])));
        } catch (URISyntaxException | MalformedURLException e) {
            throw new IllegalArgumentException(path, e);
        }
    }

    /** Reads from memory. */
    private static final class Handler extends URLStreamHandler {
        private final byte[] content;

        Handler(byte[] content) {
            this.content = content;
        }

        @Override
        protected URLConnection openConnection(URL url) {
            return new URLConnection(url) {
                @Override
                public void connect() {
                    connected = true;
                }

                @Override
                public InputStream getInputStream() throws IOException {
                    return new ByteArrayInputStream(content);
                }

                @Override
                public int getContentLength() {
                    return content.length;
                }

                @Override
                public long getContentLengthLong() {
                    return content.length;
                }
            };
        }
    }
}
