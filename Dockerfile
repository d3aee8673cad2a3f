# The image of pinion serve, built from this repository:
#
#   docker build -t pinion .
#   docker run --rm -p 127.0.0.1:8000:8000 -v "$PWD/models:/models:ro" pinion
#
# With a GPU, both images must have CUDA and TensorRT, and the name of TensorRT's folder if CMake does not find it:
#
#   docker build -t pinion --build-arg SDK=nvidia --build-arg BUILD_IMAGE=... --build-arg RUNTIME_IMAGE=... .
#   docker run --rm --gpus all -p 127.0.0.1:8000:8000 -v "$PWD/models:/models:ro" pinion
#
# Any image with apt-get and .NET 10 in its archive will do, the same release for both stages.
ARG BUILD_IMAGE=ubuntu:24.04
ARG RUNTIME_IMAGE=ubuntu:24.04

FROM ${BUILD_IMAGE} AS build
ARG SDK=host
ARG PINION_TENSORRT_ROOT=
ARG PINION_CUDA_ROOT=
ENV DEBIAN_FRONTEND=noninteractive DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates cmake dotnet-sdk-10.0 g++ ninja-build \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN ./build.sh build --sdk "$SDK"

FROM ${RUNTIME_IMAGE}
# A read-only root file system has no place for the sockets of .NET's diagnostics.
ENV DOTNET_EnableDiagnostics=0 DOTNET_NOLOGO=1
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends aspnetcore-runtime-10.0 libstdc++6 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/artifacts/bin /opt/pinion
RUN ln -s /opt/pinion/pinion /usr/local/bin/pinion && mkdir /models
# A number, so that a cluster can see that it is not root.
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["pinion", "serve"]
# In a container all addresses are the container's own; what reaches them is said where it is started.
CMD ["/models", "--host", "0.0.0.0", "--port", "8000"]
