namespace Bld.Dockerfile;
