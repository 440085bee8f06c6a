# The product in one image: `jidoka serve`, `jidoka camera` and the other commands. Not exercised by the tests.
FROM python:3.11-slim AS build
WORKDIR /source
RUN python -m venv /opt/jidoka
COPY requirements.lock ./
RUN /opt/jidoka/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /opt/jidoka/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /data jidoka \
    && install --directory --owner=jidoka --group=nogroup --mode=0700 /data
COPY --from=build /opt/jidoka /opt/jidoka
ENV PATH="/opt/jidoka/bin:$PATH" JIDOKA_DATA_DIR=/data
USER jidoka
WORKDIR /data
VOLUME /data
EXPOSE 8000
CMD ["jidoka", "serve", "--host", "0.0.0.0"]
