#include <stdio.h>
#include <unistd.h>

int main(void)
{
    printf("Hello from an image built by bld, as user %u.\n", getuid());
    return 0;
}
